/** The pages, and who sees them in the menu. The server decides again at every request. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { Role } from './api/session'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    roles: readonly Role[]
    group?: string
  }
}

const OFFICE: readonly Role[] = ['coordinator']
const DESK: readonly Role[] = ['coordinator', 'approver', 'admin']
/** The registers: a department's liaison writes what its head signs. */
const READERS: readonly Role[] = ['coordinator', 'approver', 'liaison', 'admin']
const CLOCK: readonly Role[] = ['coordinator', 'approver', 'liaison', 'admin']
const APPROVERS: readonly Role[] = ['approver']
const DECIDERS: readonly Role[] = ['coordinator', 'approver']
const FOLLOWERS: readonly Role[] = ['coordinator', 'approver', 'inspector']
const ROOM: readonly Role[] = ['coordinator', 'observer']
const WATCHERS: readonly Role[] = ['coordinator', 'approver', 'observer', 'admin']

export const pages: RouteRecordRaw[] = [
  { path: '/', component: () => import('./pages/OverviewPage.vue'), meta: { title: '总览', roles: DESK, group: '工作' } },
  { path: '/tasks', component: () => import('./pages/TasksPage.vue'), meta: { title: '抽查任务', roles: WATCHERS, group: '工作' } },
  { path: '/approvals', component: () => import('./pages/ApprovalsPage.vue'), meta: { title: '结果审批', roles: APPROVERS, group: '工作' } },
  { path: '/clues', component: () => import('./results/CluesPage.vue'), meta: { title: '线索核查', roles: DECIDERS, group: '工作' } },
  { path: '/followups', component: () => import('./results/FollowUpsPage.vue'), meta: { title: '后续处理', roles: FOLLOWERS, group: '工作' } },
  { path: '/corrections', component: () => import('./results/CorrectionsPage.vue'), meta: { title: '公示更正', roles: FOLLOWERS, group: '工作' } },
  { path: '/figures', component: () => import('./results/FiguresPage.vue'), meta: { title: '统计分析', roles: ['coordinator', 'approver', 'liaison'], group: '工作' } },
  { path: '/clock', component: () => import('./clock/BoardPage.vue'), meta: { title: '期限看板', roles: CLOCK, group: '工作' } },
  { path: '/filings', component: () => import('./plans/FilingsPage.vue'), meta: { title: '备案报送', roles: CLOCK, group: '工作' } },
  { path: '/calls', component: () => import('./people/CallsPage.vue'), meta: { title: '电话告知', roles: FOLLOWERS, group: '工作' } },
  { path: '/ratings', component: () => import('./people/RatingsPage.vue'), meta: { title: '企业评价', roles: DECIDERS, group: '工作' } },
  { path: '/changes', component: () => import('./room/ChangesPage.vue'), meta: { title: '回避与更换', roles: DECIDERS, group: '工作' } },
  { path: '/plan', component: () => import('./pages/PlanPage.vue'), meta: { title: '年度计划', roles: READERS, group: '两库一清单' } },
  { path: '/plans', component: () => import('./plans/PlansPage.vue'), meta: { title: '计划管理', roles: READERS, group: '两库一清单' } },
  { path: '/lists', component: () => import('./lists/ListsPage.vue'), meta: { title: '事项清单', roles: READERS, group: '两库一清单' } },
  { path: '/targets', component: () => import('./pages/TargetsPage.vue'), meta: { title: '检查对象', roles: READERS, group: '两库一清单' } },
  { path: '/libraries', component: () => import('./libraries/LibrariesPage.vue'), meta: { title: '名录子库', roles: READERS, group: '两库一清单' } },
  { path: '/inspectors', component: () => import('./pages/InspectorsPage.vue'), meta: { title: '执法人员', roles: READERS, group: '两库一清单' } },
  { path: '/departments', component: () => import('./pages/DepartmentsPage.vue'), meta: { title: '部门', roles: READERS, group: '两库一清单' } },
  { path: '/policies', component: () => import('./policies/PoliciesPage.vue'), meta: { title: '差异化', roles: DESK, group: '两库一清单' } },
  { path: '/imports', component: () => import('./pages/ImportsPage.vue'), meta: { title: '数据导入', roles: OFFICE, group: '两库一清单' } },
  { path: '/messages', component: () => import('./pages/MessagesPage.vue'), meta: { title: '消息', roles: OFFICE, group: '留痕' } },
  { path: '/archives', component: () => import('./results/ArchivesPage.vue'), meta: { title: '检查档案', roles: DECIDERS, group: '留痕' } },
  { path: '/disposal', component: () => import('./results/DisposalPage.vue'), meta: { title: '到期处置', roles: OFFICE, group: '留痕' } },
  { path: '/duty', component: () => import('./results/DutyProofPage.vue'), meta: { title: '尽职证明', roles: FOLLOWERS, group: '留痕' } },
  { path: '/province', component: () => import('./results/ProvincePage.vue'), meta: { title: '省平台上报', roles: DECIDERS, group: '留痕' } },
  { path: '/audit', component: () => import('./pages/AuditPage.vue'), meta: { title: '审计', roles: DESK, group: '留痕' } },
]

export const router = createRouter({
  history: createWebHistory('/console/'),
  routes: [
    ...pages,
    {
      path: '/tasks/:id',
      component: () => import('./task/TaskPage.vue'),
      props: true,
      meta: { title: '任务', roles: WATCHERS },
    },
    {
      path: '/room/:id',
      component: () => import('./room/RoomPage.vue'),
      props: true,
      meta: { title: '抽取现场', roles: ROOM },
    },
    { path: '/clock/bulletin', component: () => import('./clock/BulletinPage.vue'), meta: { title: '每周通报', roles: CLOCK } },
    { path: '/clock/forecast', component: () => import('./clock/ForecastPage.vue'), meta: { title: '负荷预测', roles: CLOCK } },
    { path: '/targets/:code', component: () => import('./targets/TargetPage.vue'), props: true, meta: { title: '检查对象', roles: READERS } },
    { path: '/items', component: () => import('./pages/ItemsPage.vue'), meta: { title: '抽查事项', roles: READERS } },
    { path: '/lists/:id', component: () => import('./lists/ListPage.vue'), props: true, meta: { title: '事项清单', roles: READERS } },
    { path: '/plans/:id', component: () => import('./plans/PlanOnePage.vue'), props: true, meta: { title: '计划', roles: READERS } },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.afterEach((to) => {
  document.title = `${to.meta.title} · 随查管理台`
})
